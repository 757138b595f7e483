ALTER TABLE "user"."order" DROP COLUMN "c""d", ALTER "Group By" DROP NOT NULL, ALTER "%s {x}" TYPE bigint;
COMMENT ON COLUMN "user"."order"."a.b" IS NULL;
ALTER TABLE "Grüße, Welt"."所有用户 🔑" DISABLE ROW LEVEL SECURITY, ALTER "größe" SET DEFAULT 1;
COMMENT ON TABLE public."table/with slash" IS 'x';
