CREATE TABLE public.t (id int);
CREATE FUNCTION public.used(a int) RETURNS boolean LANGUAGE sql AS 'SELECT true';
ALTER TABLE public.t ADD CONSTRAINT c CHECK (public.used(id));
CREATE FUNCTION public.total(int, int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE public.agg(int) (SFUNC = total, STYPE = int);
