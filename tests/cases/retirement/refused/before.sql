CREATE TABLE public.t (id int PRIMARY KEY);
CREATE TABLE public.child (id int REFERENCES public.t);
CREATE POLICY p ON public.t USING (true);
