CREATE TABLE public.users (id integer, name text, active boolean);
CREATE VIEW public.active AS SELECT id, name FROM public.users WHERE active;
CREATE VIEW public.counted WITH (security_invoker) AS SELECT count(*) AS users FROM public.users;
COMMENT ON VIEW public.counted IS 'How many there are';
CREATE VIEW public."Named, so" WITH (security_invoker = true) AS SELECT 1 AS "One";
