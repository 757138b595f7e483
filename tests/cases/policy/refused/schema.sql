CREATE POLICY p ON public.t USING (id > 0);
