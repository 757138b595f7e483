CREATE FUNCTION "select"."from"() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION "select"."Größe (neu), ""100%"""("a b" "select"."my, type", "Select" int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1';
COMMENT ON FUNCTION "select"."Größe (neu), ""100%""" IS 'c';
CREATE PROCEDURE "select"."do.it"() LANGUAGE sql AS 'SELECT 1';
COMMENT ON PROCEDURE "select"."do.it"() IS 'p';
