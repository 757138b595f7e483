CREATE TABLE public.base (id int, name text);
CREATE VIEW public.shown AS SELECT id, name FROM public.base;
