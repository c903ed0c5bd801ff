import './fonts-urdu.css';
