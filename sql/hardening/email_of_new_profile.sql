
BEGIN
  new.email := (SELECT account.email FROM auth.users AS account WHERE account.id = new.id);
  RETURN new;
END;
