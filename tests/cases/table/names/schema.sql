CREATE TABLE "user"."order" ("select" int, "from" text DEFAULT 'x', "Group By" int NOT NULL, "%s {x}" int, "a.b" int, "c""d" int);
CREATE TABLE "Grüße, Welt"."所有用户 🔑" ("größe" int, "	tab" int, "'quoted'" int);
CREATE TABLE public."table/with slash" (id int, _x1 int);
COMMENT ON TABLE "user"."order" IS 'o';
COMMENT ON COLUMN "user"."order"."a.b" IS 'dotted';
ALTER TABLE "Grüße, Welt"."所有用户 🔑" ENABLE ROW LEVEL SECURITY;
