CREATE POLICY "Old one" ON public.profiles USING (true);
CREATE POLICY "old/two" ON public.profiles USING (true);
