ALTER TABLE public.profiles DROP COLUMN role;
ALTER TABLE public.profiles ADD COLUMN user_agent text;
