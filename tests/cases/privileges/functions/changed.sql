-- What REVOKE ... FROM PUBLIC leaves behind on Supabase is the grant to anon by name.
GRANT EXECUTE ON FUNCTION public.secret(int) TO anon;
REVOKE EXECUTE ON FUNCTION public.secret() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.secret(text, numeric[]) TO PUBLIC;
GRANT EXECUTE ON PROCEDURE public.chore TO PUBLIC;
