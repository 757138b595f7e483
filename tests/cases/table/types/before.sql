CREATE TYPE public.mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE SCHEMA "My Types";
CREATE TYPE "My Types"."Mixed Case" AS ENUM ('a');
CREATE DOMAIN public.email AS text CHECK (VALUE ~ '@');
CREATE TYPE public.point3 AS (x float8, y float8, z float8);
CREATE TYPE public.span AS RANGE (subtype = timestamptz);
