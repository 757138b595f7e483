CREATE TABLE public.profiles (id uuid NOT NULL, legacy text, email text, added_later timestamptz DEFAULT now());
ALTER TABLE public.profiles DROP COLUMN legacy;
ALTER TABLE public.profiles ADD COLUMN role text NOT NULL DEFAULT 'user';
