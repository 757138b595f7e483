DROP TRIGGER "table" ON "order"."user";
CREATE TRIGGER "table" AFTER UPDATE OF "select" ON "order"."user" FOR EACH ROW EXECUTE FUNCTION "order"."Do it, (now)"();
ALTER TABLE "order"."user" DISABLE TRIGGER "x FOR EACH ROW WHEN (y) EXECUTE FUNCTION z";
