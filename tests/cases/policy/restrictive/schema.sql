CREATE TABLE public.drafts (id int, locked boolean);
CREATE POLICY readable ON public.drafts USING (true);
CREATE POLICY unlocked ON public.drafts AS RESTRICTIVE FOR UPDATE TO authenticated, anon USING (NOT locked);
