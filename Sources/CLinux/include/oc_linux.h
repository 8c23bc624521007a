int oc_linux_placeholder(void);
