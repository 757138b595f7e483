CREATE TABLE public.parents (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, slug text UNIQUE NOT NULL);
CREATE TABLE public.t (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  parent uuid REFERENCES public.parents (id) ON DELETE CASCADE,
  role text DEFAULT 'user' CHECK (role IN ('user', 'admin')),
  starts date, ends date,
  CHECK (starts < ends),
  UNIQUE (parent, role)
);
