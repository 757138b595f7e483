CREATE TABLE public.t (id int);
CREATE POLICY p ON public.t USING (id > 0);
