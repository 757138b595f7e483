CREATE TABLE public.t (id int NOT NULL, mood mood, tags hstore, email email);
ALTER TABLE public.t ADD PRIMARY KEY (id);
CREATE INDEX similar_email ON public.t USING gin (email extensions.gin_trgm_ops);
CREATE POLICY p ON public.t USING (id ### 1 > 2 AND EXISTS (SELECT FROM public.shown s WHERE s.id = t.id));
CREATE FUNCTION public.f(a neighbours) RETURNS pair LANGUAGE sql AS $$ SELECT 1, 'x'::text $$;
