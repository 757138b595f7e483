CREATE TABLE public.base (id int, name text);
CREATE VIEW public.shown AS SELECT id, name FROM public.base;
CREATE MATERIALIZED VIEW public.stored AS SELECT id FROM public.base;
