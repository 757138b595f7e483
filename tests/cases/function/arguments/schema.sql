CREATE FUNCTION public.defaults(a int, b text DEFAULT 'x''y', c timestamptz DEFAULT now(), d jsonb DEFAULT '{"a": 1}', e int[] DEFAULT '{}')
  RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public.unnamed(int, text, numeric DEFAULT 1.5) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION public.outs(a int, OUT b int, INOUT c text, OUT "D d" numeric) LANGUAGE sql AS 'SELECT 1, $2, 2.0';
CREATE FUNCTION public.one_out(OUT now_is timestamptz) LANGUAGE sql AS 'SELECT now()';
CREATE FUNCTION public.many(sep text, VARIADIC parts text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS 'SELECT 1::text';
CREATE FUNCTION public.any_kind(a anyelement, b anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION public.of_types(a "Mood, or so", b t, c public.t[], d t.id%TYPE, "order" refcursor) RETURNS SETOF t LANGUAGE sql AS 'SELECT $2';
CREATE FUNCTION public.sized(a varchar(10), b numeric(5, 2), c timestamptz(3)) RETURNS varchar(3) LANGUAGE sql AS 'SELECT a';
CREATE PROCEDURE public.chore(INOUT a int, OUT c int, b text DEFAULT NULL) LANGUAGE plpgsql AS 'BEGIN COMMIT; END';
