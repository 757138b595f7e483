CREATE TABLE public.parents (id int PRIMARY KEY);
CREATE TABLE public.t (a int REFERENCES public.parents, b int);
ALTER TABLE public.t ADD CONSTRAINT filled UNIQUE (b) WITH (fillfactor = 70);
INSERT INTO public.t VALUES (NULL, -1);
