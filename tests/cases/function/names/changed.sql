DROP FUNCTION "select"."from";
CREATE OR REPLACE FUNCTION "select"."Größe (neu), ""100%"""("a b" "select"."my, type", "Select" int DEFAULT 2) RETURNS int LANGUAGE sql AS 'SELECT 1';
COMMENT ON PROCEDURE "select"."do.it"() IS NULL;
