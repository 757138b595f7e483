CREATE SCHEMA "select";
CREATE TABLE "select"."from USING x" ("where" int, b text);
