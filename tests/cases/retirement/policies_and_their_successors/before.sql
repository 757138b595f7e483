CREATE TABLE public.profiles (id uuid, role text);
