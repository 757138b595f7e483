-- Default privileges have given everything to the API's roles already.
CREATE TABLE public.open (id int);
CREATE TABLE public.readable (id int);
CREATE TABLE public.closed (id int);
REVOKE ALL ON public.readable FROM anon, authenticated, service_role;
GRANT SELECT ON public.readable TO PUBLIC;
GRANT INSERT, UPDATE ON public.readable TO authenticated;
REVOKE ALL ON public.closed FROM anon, authenticated, service_role;
