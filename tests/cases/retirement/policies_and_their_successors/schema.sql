CREATE POLICY "New one" ON public.profiles FOR SELECT USING (id = auth.uid());
