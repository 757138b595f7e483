CREATE OR REPLACE FUNCTION public.defaults(a int, b text DEFAULT 'z', c timestamptz DEFAULT now(), d jsonb DEFAULT '{"a": 1}', e int[] DEFAULT '{}')
  RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE OR REPLACE FUNCTION public.unnamed(x int, text, numeric DEFAULT 1.5) RETURNS int LANGUAGE sql AS 'SELECT $1';
DROP FUNCTION public.outs;
CREATE FUNCTION public.outs(a int, OUT b bigint, INOUT c text) LANGUAGE sql AS 'SELECT 1, $2';
DROP FUNCTION public.sized;
CREATE FUNCTION public.sized(a varchar, b numeric, c timestamptz) RETURNS text LANGUAGE sql AS 'SELECT a';
DROP PROCEDURE public.chore;
CREATE FUNCTION public.chore(INOUT a int, OUT c int, b text DEFAULT NULL) LANGUAGE plpgsql AS 'BEGIN COMMIT; END';
