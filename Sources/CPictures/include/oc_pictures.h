int oc_pictures_placeholder(void);
