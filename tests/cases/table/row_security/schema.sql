CREATE TABLE public.off (id int);
CREATE TABLE public.enabled (id int);
CREATE TABLE public.forced (id int);
CREATE TABLE public.forced_only (id int);
ALTER TABLE public.enabled ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE public.forced_only FORCE ROW LEVEL SECURITY;
