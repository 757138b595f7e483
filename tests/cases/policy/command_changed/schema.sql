CREATE TABLE public.t (id int);
CREATE POLICY p ON public.t FOR SELECT TO anon USING (id > 0);
CREATE POLICY q ON public.t FOR ALL USING (id > 0);
