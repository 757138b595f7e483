CREATE TABLE public.t (a int);
INSERT INTO public.t VALUES (NULL);
