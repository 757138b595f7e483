DROP POLICY p ON public.t;
DROP POLICY q ON public.t;
CREATE POLICY p ON public.t FOR INSERT TO anon WITH CHECK (id > 0);
CREATE POLICY q ON public.t FOR DELETE USING (id > 0);
