CREATE SCHEMA "select";
CREATE TYPE "select"."my, type" AS ENUM ('a');
