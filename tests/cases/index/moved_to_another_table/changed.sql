DROP INDEX public.i;
CREATE INDEX i ON public.b (id);
