CREATE TABLE public.notes (
  id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,
  owner_id uuid NOT NULL REFERENCES auth.users,
  body text
);
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY select_own ON public.notes FOR SELECT TO authenticated USING (auth.uid() = owner_id);
CREATE POLICY insert_own ON public.notes FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) = owner_id);
CREATE POLICY update_own ON public.notes FOR UPDATE TO authenticated
  USING (auth.uid() = owner_id) WITH CHECK (auth.uid() = owner_id AND body <> '');
CREATE POLICY delete_own ON public.notes FOR DELETE TO authenticated
  USING (auth.uid() = owner_id OR auth.role() = 'service_role');
