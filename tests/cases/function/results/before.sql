CREATE TABLE public.t (id int, name text);
CREATE SCHEMA "My Types";
CREATE TYPE "My Types"."Pair" AS (a int, b text);
