CREATE TABLE "order"."user" ("select" int);
CREATE FUNCTION "order"."user"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION "order"."Do it, (now)"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER "table" AFTER UPDATE OF "select" ON "order"."user" FOR EACH ROW EXECUTE FUNCTION "order"."user"();
CREATE TRIGGER "x FOR EACH ROW WHEN (y) EXECUTE FUNCTION z" AFTER INSERT ON "order"."user" FOR EACH ROW
  WHEN (NEW."select" > 0) EXECUTE FUNCTION "order"."Do it, (now)"('y');
