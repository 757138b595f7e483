REVOKE UPDATE (name) ON public.people FROM authenticated;
REVOKE UPDATE ("E, mail") ON public.people FROM authenticated;
GRANT UPDATE ON public.people TO authenticated;
REVOKE GRANT OPTION FOR SELECT (email) ON public.people FROM service_role;
