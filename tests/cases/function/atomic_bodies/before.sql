CREATE TABLE public.t (id int, name varchar(10));
