CREATE TABLE public.parents (id int PRIMARY KEY);
CREATE TABLE public.t (a int, b int, c int);
