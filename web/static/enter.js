// The pass has become a cookie: go on without it in the address.
location.replace(location.pathname);
