ALTER FUNCTION public.empty_path() RESET search_path;
ALTER FUNCTION public.one() SET search_path = '';
ALTER FUNCTION public.several() SET search_path TO public, auth;
ALTER FUNCTION public.others() SET statement_timeout = '6s';
ALTER FUNCTION public.others() RESET application_name;
ALTER FUNCTION public.others() SET lock_timeout = '1s';
