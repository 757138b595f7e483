CREATE TABLE public.t (id int);
CREATE TABLE public."T" (id int);
