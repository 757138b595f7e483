CREATE TABLE public.t (id int);
CREATE POLICY bare ON public.t FOR UPDATE;
CREATE POLICY seen ON public.t FOR UPDATE USING (id > 0);
CREATE POLICY made ON public.t FOR ALL WITH CHECK (id > 0);
