
DECLARE
  counted integer;
BEGIN{% block first %}{% endblock %}
  UPDATE public.profiles AS profile
  SET total_uploads = COALESCE(profile.total_uploads, 0) + p_file_count
  WHERE profile.id = p_user_id
  RETURNING profile.total_uploads INTO counted;

  IF NOT FOUND THEN
    RETURN QUERY SELECT false, 0, 'User not found';
    RETURN;
  END IF;
  RETURN QUERY SELECT true, counted, 'Upload count updated';
END;
