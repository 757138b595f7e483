CREATE FUNCTION public.rows() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';
CREATE FUNCTION public.columns(want text) RETURNS TABLE (id int, "Full Name" varchar(20), amounts numeric(10, 2)[]) LANGUAGE sql AS 'SELECT 1, NULL::varchar, NULL::numeric[]';
CREATE FUNCTION public.records() RETURNS SETOF record LANGUAGE sql AS 'SELECT 1, 2';
CREATE FUNCTION public.pair() RETURNS "My Types"."Pair" LANGUAGE sql AS 'SELECT 1, NULL';
CREATE FUNCTION public.lists() RETURNS "My Types"."Pair"[] LANGUAGE sql AS 'SELECT NULL::"My Types"."Pair"[]';
CREATE FUNCTION public.nothing() RETURNS void LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public.document() RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';
CREATE FUNCTION public.fired() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
