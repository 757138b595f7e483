DROP TRIGGER on_auth_user_created ON auth.users;
DROP TRIGGER on_email_changed ON auth.users;
CREATE TRIGGER on_email_changed AFTER UPDATE ON auth.users FOR EACH ROW EXECUTE FUNCTION handle_new_user();
DROP TRIGGER on_confirmed ON auth.users;
CREATE TRIGGER on_confirmed BEFORE INSERT OR UPDATE OF email_confirmed_at ON auth.users FOR EACH ROW
  EXECUTE FUNCTION public.handle_new_user();
