ALTER POLICY bare ON public.t USING (id > 1) WITH CHECK (id > 2);
ALTER POLICY seen ON public.t WITH CHECK (id > 3);
ALTER POLICY made ON public.t USING (id > 4);
