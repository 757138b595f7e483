CREATE TABLE public.admins (user_id uuid PRIMARY KEY);
CREATE FUNCTION public.is_admin(who uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
  AS $$ SELECT EXISTS (SELECT FROM public.admins WHERE user_id = who) $$;
CREATE FUNCTION public.is_admin() RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT public.is_admin(auth.uid()) $$;
ALTER TABLE public.admins ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_id ON public.admins FOR SELECT USING (public.is_admin(auth.uid()));
CREATE POLICY by_nobody ON public.admins FOR INSERT WITH CHECK (is_admin());
CREATE POLICY named ON public.admins FOR UPDATE USING (is_admin(who => user_id));
