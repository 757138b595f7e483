ALTER POLICY select_own ON public.notes USING (true);
ALTER POLICY update_own ON public.notes TO PUBLIC USING (auth.uid() = owner_id) WITH CHECK (auth.uid() = owner_id);
DROP POLICY delete_own ON public.notes;
