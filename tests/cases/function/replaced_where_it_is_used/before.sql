CREATE TABLE public.t (id int, name text);
