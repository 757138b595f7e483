CREATE TABLE public.t (id int, a int, b text);
CREATE UNLOGGED TABLE public.scratch (id int);
CREATE VIEW public.seen AS SELECT b FROM public.t;
