CREATE TABLE public.users (id integer, name text);
CREATE VIEW public.active AS SELECT id, name FROM public.users;
CREATE VIEW public.barred WITH (security_barrier = true) AS SELECT id FROM public.users;
